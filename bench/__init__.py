"""What the portal costs beside the least it could cost: `python -m bench`."""
