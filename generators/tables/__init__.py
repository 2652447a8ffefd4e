"""The named tables: rows of quantities, written into the pages that ask for them."""
