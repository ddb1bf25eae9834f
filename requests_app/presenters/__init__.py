"""What the portal's pages show, put into words and addresses; decides nothing and writes nothing."""
