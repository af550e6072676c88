class Main {
    public static void main(String[] args) {
        int number = "no number";
    }
}
