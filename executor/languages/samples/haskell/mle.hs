import qualified Data.Map.Strict as Map

grow :: Map.Map Int Int -> Int -> IO ()
grow kept number
  | Map.size kept < number = print (Map.size kept)
  | otherwise = grow (Map.insert number number kept) (number + 1)

main :: IO ()
main = grow Map.empty 0
