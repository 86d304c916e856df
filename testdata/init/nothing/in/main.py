print("no fleet")
