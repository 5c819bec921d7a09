"""Pages of the sale: configure, check the quote and buy, watch, use and end."""
