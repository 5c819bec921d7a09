"""Tables that people send as files: one reader of CSV and XLSX for providers, staff and bank statements."""
