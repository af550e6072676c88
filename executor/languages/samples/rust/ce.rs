fn main() {
    let number: i64 = "no number";
}
