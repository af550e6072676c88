void main()
{
    for (int i = 0; i < 2; i ^= 1)
    {
    }
}
