package main

func main() {
	var number int = "no number"
}
