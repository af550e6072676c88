public class Main {
    public static void main(String[] args) {
        var line = "more and more ".repeat(1000);
        while (true) System.out.println(line);
    }
}
