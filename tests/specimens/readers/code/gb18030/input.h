struct Face {
    int nation; // 民族，类型参考
    int age;    /* 年龄 */
};
