"""The rows that figures stand on, one file a kind. See `reporting/frame.py`."""
