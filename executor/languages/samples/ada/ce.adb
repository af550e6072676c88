procedure Main is
   Number : Integer := "no number";
begin
   null;
end Main;
