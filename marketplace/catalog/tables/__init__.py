"""Supply as tables: a file read by `portal.web.sheets` is checked, then imported as a whole or not at all; exports.

Not django-import-export, which reads the staff's imports: it saves rows itself, past our acts with their history and
their national list; it counts rows of the data without blank ones, not those of the spreadsheet; it asks the
database once per row for what must be unique; and its checked file is bound to nobody.
"""
