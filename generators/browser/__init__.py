"""From the model's portable Python, the catalog and `web/` to the scripts that run in the reader's browser."""
