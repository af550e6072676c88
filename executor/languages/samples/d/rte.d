void main()
{
    throw new Exception("as it should");
}
