program Spin;
var
  number: longint;
begin
  number := 0;
  while number < 2 do
    number := number xor 1;
end.
