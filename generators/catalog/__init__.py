"""The only reader of `data/`: facts, records and published results, validated into frozen rows."""
