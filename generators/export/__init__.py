"""The book as files to take away: PDF, EPUB and a copy of the site that opens from a folder.  All from the site's own pages."""
