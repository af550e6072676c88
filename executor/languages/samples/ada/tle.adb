procedure Main is
   Number : Integer := 0 with Volatile;
begin
   while Number < 2 loop
      Number := 1 - Number;
   end loop;
end Main;
