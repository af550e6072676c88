class Program
{
    static void Main()
    {
        int number = "no number";
    }
}
