"""How Django itself writes times, where a page does not say: the admin's lists and read-only fields."""
