"""Everybody does everything in any order, the wrong person and the wrong moment included; then all is counted anew."""
