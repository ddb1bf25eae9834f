"""What people bring along instead of typing it: blocks of cells, and sheets filled in."""
