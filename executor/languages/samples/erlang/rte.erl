-module(main).
-export([main/0]).

main() -> error(as_it_should).
