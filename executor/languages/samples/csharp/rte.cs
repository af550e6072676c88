using System;

class Program
{
    static void Main(string[] words)
    {
        Console.WriteLine(words[3]);
    }
}
