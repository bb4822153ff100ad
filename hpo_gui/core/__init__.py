"""The vocabulary: values that everything else is a function of. Knows numpy and msgspec only."""
