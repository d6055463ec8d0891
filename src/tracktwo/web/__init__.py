"""The page: all that the commands do, in a browser on this machine. Nothing is from elsewhere."""
