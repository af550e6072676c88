void main()
{
    int number = "no number";
}
