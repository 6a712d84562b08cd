"""History: what a repository of version control still holds beside the files of today."""
