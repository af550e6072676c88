-module(main).
-export([main/0]).

main() ->
    ok = io:setopts([binary, {encoding, latin1}]),
    loop().

loop() ->
    case file:read(standard_io, 65536) of
        {ok, Block} ->
            ok = file:write(standard_io, Block),
            loop();
        eof ->
            ok
    end.
