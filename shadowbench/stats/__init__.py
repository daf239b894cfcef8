"""Statistics for paired, clustered, weighted data, looked at while it grows. Pure: numbers in, numbers out."""
