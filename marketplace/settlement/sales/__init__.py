"""What a provider sold in a province: a page, files and an API over the same rows."""
