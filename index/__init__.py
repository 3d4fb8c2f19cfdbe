"""Articles in, searchable passages out. Knows nothing of questions being answered, or of models that write."""
