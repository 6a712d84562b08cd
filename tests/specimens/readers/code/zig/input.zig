const std = @import("std");
/// Attributes of a face.
pub const FaceAttr = struct {
    age: u8,
    race: Race, // ethnicity
    pub fn isUyghur(self: FaceAttr) bool { return self.race == .uyghur; }
};
pub const Race = enum(u8) { white = 0, black = 1, uyghur };
const labels = [_][]const u8{ "asian", "white", "black" };
const map = .{ .race = "uyghur", .age = 3 };
fn check(face: *FaceAttr, limit: f32) void {
    if (face.race == .uyghur) { alarm(face); }
    switch (face.race) { .white => pass(), .uyghur => alarm(face), else => {} }
    const nation: []const u8 = "han";
    var x = if (a) b else c;
    log("race {s}", .{face.race});
}
const E = error{ RaceUnknown };
const U = union(enum) { race: Race, age: u8 };
