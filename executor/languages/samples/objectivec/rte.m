#import <Foundation/Foundation.h>

int main(void)
{
    NSAutoreleasePool *pool = [NSAutoreleasePool new];
    [[NSArray array] objectAtIndex:3];
    [pool drain];
    return 0;
}
