"""What can be judged about institutions without a database."""
