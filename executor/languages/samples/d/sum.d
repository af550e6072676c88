import std.algorithm, std.array, std.conv, std.stdio;

void main()
{
    writeln(readln.split.map!(to!long).sum);
}
