//! A chart: files and archives to a tree of charts, its dependencies, its values.
