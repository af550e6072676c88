program Broken;
var
  number: integer;
begin
  number := 'no number';
end.
