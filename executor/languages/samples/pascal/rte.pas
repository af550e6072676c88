program Crash;
begin
  runerror(201);
end.
