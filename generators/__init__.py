"""Everything that turns sourced facts and measurements into the book's pages."""
