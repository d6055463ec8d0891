"""One module for each screen: its addresses, what it shows, what its forms do."""
