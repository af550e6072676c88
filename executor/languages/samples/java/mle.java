import java.util.ArrayList;

class Main {
    public static void main(String[] args) {
        var kept = new ArrayList<byte[]>();
        for (;;) kept.add(new byte[1 << 20]);
    }
}
