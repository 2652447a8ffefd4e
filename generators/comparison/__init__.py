"""What the chapters set beside each other: the model's predictions, the records, and what others have measured."""
