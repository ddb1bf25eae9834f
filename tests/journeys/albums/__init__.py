"""The guides' pictures, album by album: who goes where, and what of the page is in the picture."""
