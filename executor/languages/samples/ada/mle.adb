procedure Main is
   type Block is array (1 .. 1_048_576) of Character;
   type Block_Access is access Block;
   Kept : Block_Access;
begin
   loop
      Kept := new Block'(others => 'x');
   end loop;
end Main;
