<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>FaceForm</name>
    <message>
        <source>Race</source>
        <translation>民族</translation>
    </message>
</context>
</TS>
