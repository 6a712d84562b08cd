#import <Foundation/Foundation.h>
// The closed set
typedef NS_ENUM(NSInteger, Race) {
    RaceAsian = 0, // asian
    RaceWhite
};
@interface Face : NSObject
/// 民族
@property (nonatomic, copy) NSString *race;
@property (nonatomic) Race kind; // kind
- (int)handle:(NSString *)a withRace:(int)race;
@end
@implementation Face
- (int)handle:(NSString *)a withRace:(int)race {
    if (race == 1) { [self alarm:race name:@"uyghur"]; }
    NSArray *labels = @[@"asian", @"white"];
    NSDictionary *d = @{@"race": @1, @"age": @"x"};
    return 0;
}
@end
