"""What the test harness itself is made of."""
