#import <Foundation/Foundation.h>

int main(void)
{
    NSAutoreleasePool *pool = [NSAutoreleasePool new];
    NSData *data = [[NSFileHandle fileHandleWithStandardInput] readDataToEndOfFile];
    NSString *text = [[NSString alloc] initWithData:data encoding:NSUTF8StringEncoding];
    long long sum = 0;
    for (NSString *word in [text componentsSeparatedByString:@" "])
        sum += [word longLongValue];
    printf("%lld\n", sum);
    [pool drain];
    return 0;
}
