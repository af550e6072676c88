import java.io.*;
import java.util.StringTokenizer;

public class Main {
    public static void main(String[] args) throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in));
        in.readLine();
        var tokens = new StringTokenizer(in.readLine());
        long sum = 0;
        while (tokens.hasMoreTokens()) sum += Long.parseLong(tokens.nextToken());
        System.out.println(sum);
    }
}
