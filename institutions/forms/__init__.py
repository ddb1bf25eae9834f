"""What people type, read and put back: one file for each kind of page."""
