fn main() {
    let number = 0u64;
    while unsafe { std::ptr::read_volatile(&number) } == 0 {}
}
